with excluded as (select * from {{ ref('core_excluded_record') }}),

ranked as (
    select
        *,
        count(*) over (partition by source_system, record_type, excluded_reason) as n_records,
        row_number() over (
            partition by source_system, record_type, excluded_reason
            order by record_id
        ) as place
    from excluded
    where excluded_reason is not null
)

select
    md5(source_system || '|' || record_type || '|' || excluded_reason) as excluded_record_key,
    source_system,
    record_id as example_record_id,

    record_type,
    excluded_reason,
    source_file,
    source_line,

    n_records
from ranked
where place = 1
