{%- set features = drift_features() -%}
-- Has a distribution changed? Grain: one row per feature and measured_on: a day for features of events, a snapshot for those of
-- customers. A population stability index against the month (the snapshot) before, less what chance alone would make of it; NULL
-- where one of the two sides has fewer than drift_min_rows rows. What the bins are is in int_features_counted.
with

bins as (
    select * from {{ ref('int_features_counted') }}
),

features as (
    {%- for feature in features %}
    select
        '{{ feature.name }}' as feature,
        '{{ feature.entity }}' as entity,
        '{{ feature.kind }}' as kind
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

totals as (
    select
        feature,
        measured_on,
        reference_period,
        cast(sum(row_count) as bigint) as row_count,
        cast(coalesce(sum(row_count) filter (where bin = 'null'), 0) as bigint) as null_count,
        cast(coalesce(sum(row_count) filter (where bin = 'unseen'), 0) as bigint) as unseen_count,
        cast(sum(reference_row_count) as bigint) as reference_row_count,
        count(*) as bin_count
    from bins
    group by feature, measured_on, reference_period
),

shares as (
    select
        bins.feature,
        bins.measured_on,
        {{ smoothed_share('bins.row_count', 'totals.row_count', 'totals.bin_count') }} as bin_share,
        {{ smoothed_share('bins.reference_row_count', 'totals.reference_row_count', 'totals.bin_count') }}
            as reference_share
    from bins
    inner join totals on bins.feature = totals.feature and bins.measured_on = totals.measured_on
    where
        totals.row_count >= {{ whole_variable('drift_min_rows') }}
        and totals.reference_row_count >= {{ whole_variable('drift_min_rows') }}
),

indexes as (
    select
        feature,
        measured_on,
        cast(sum({{ psi_part('bin_share', 'reference_share') }}) as double) as psi
    from shares
    group by feature, measured_on
),

compared as (
    select
        totals.*,
        indexes.psi,
        indexes.psi is not null as is_measurable,
        case
            when indexes.psi is not null
                then {{ expected_psi('totals.bin_count', 'totals.row_count', 'totals.reference_row_count') }}
        end as expected_psi
    from totals
    left join indexes on totals.feature = indexes.feature and totals.measured_on = indexes.measured_on
),

final as (
    select
        compared.feature,
        compared.measured_on,
        features.entity,
        features.kind,
        compared.reference_period as reference_from,
        case
            when features.entity = 'events' then cast(last_day(compared.reference_period) as date)
            else compared.reference_period
        end as reference_to,
        compared.row_count,
        compared.null_count,
        compared.unseen_count,
        compared.reference_row_count,
        compared.bin_count,
        compared.psi,
        compared.expected_psi,
        compared.psi - compared.expected_psi as corrected_psi,
        compared.is_measurable,
        coalesce(compared.psi - compared.expected_psi >= {{ var('drift_alarm_psi') }}, false) as is_alarm
    from compared
    inner join features on compared.feature = features.feature
)

select * from final
