{#-
    Staging gives a version of a record once: no two rows of one key that were recorded and
    extracted at the same moments, and no row without a key. Every enabled source and entity is
    asked; core takes the last of several rows and would drop the others by chance. A row that is
    nothing but its key (a stage entered twice on one day) may come twice: it has no value to drop.
-#}
{{ config(
    severity='error',
    meta={
        'owner': 'team:data-platform',
        'why': 'Of two rows of one record and moment, core keeps one by chance and drops the value of the other.',
        'next_step': 'Look for a join in the staging model that doubles rows, or choose a key for the object in contracts/<source>.yml that tells its records apart.',
        'show': ['entity', 'source', 'key_columns', 'record', 'n_rows'],
        'asset': 'staging',
        'dagster': {'ref': {'name': 'core_latest_extract'}},
    }
) }}
{#- Dagster shows the check on a model it depends on. -#}
-- depends_on: {{ ref('core_latest_extract') }}
{%- set staged = [] %}
{%- for entity, sources in var('entity_sources') | dictsort %}
{%- for source_system in sources %}
{%- do staged.append((entity, source_system)) %}
{%- endfor %}
{%- endfor %}
{%- for entity, source_system in staged %}
{%- set key = entity_key(entity) %}
{%- set beside = ['source_system', 'recorded_at', 'extracted_at', 'op', 'batch_id', 'source_file', 'source_line'] %}
{%- set values = entity_columns(entity) | map('first') | reject('in', key + beside) | list %}
select
    '{{ entity }}' as entity,
    '{{ source_system }}' as source,
    '{{ key | join(", ") }}' as key_columns,
    {%- for column in key %}
    coalesce(cast({{ column }} as {{ dbt.type_string() }}), 'none'){{ " || ' / ' ||" if not loop.last }}
    {%- endfor %} as record,
    extracted_at,
    count(*) as n_rows,
    min(source_file) as source_file,
    min(source_line) as source_line
from {{ ref('stg_' ~ source_system ~ '__' ~ entity) }}
group by {{ key | join(', ') }}, recorded_at, extracted_at
having {{ 'count(*) > 1 or ' if values }}{{ key[0] }} is null
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- if not staged %}
select cast(null as {{ dbt.type_string() }}) as entity
where 1 = 0
{%- endif %}
