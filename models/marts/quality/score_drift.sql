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

sides as (
    select
        totals.*,
        features.entity,
        features.kind,
        {{ has_enough_rows('totals.row_count', 'totals.reference_row_count') }} as is_measurable
    from totals
    inner join features on totals.feature = features.feature
),

shares as (
    select
        bins.feature,
        bins.measured_on,
        {{ smoothed_share('bins.row_count', 'sides.row_count', 'sides.bin_count') }} as bin_share,
        {{ smoothed_share('bins.reference_row_count', 'sides.reference_row_count', 'sides.bin_count') }} as reference_share
    from bins
    inner join sides on bins.feature = sides.feature and bins.measured_on = sides.measured_on
    where sides.is_measurable
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
        sides.*,
        indexes.psi,
        case
            when sides.is_measurable
                then {{ expected_psi('sides.bin_count', 'sides.row_count', 'sides.reference_row_count') }}
        end as expected_psi
    from sides
    left join indexes on sides.feature = indexes.feature and sides.measured_on = indexes.measured_on
),

final as (
    select
        feature,
        measured_on,
        entity,
        kind,
        reference_period as reference_from,
        case
            when entity = 'events' then cast(last_day(reference_period) as date)
            else reference_period
        end as reference_to,
        row_count,
        null_count,
        unseen_count,
        reference_row_count,
        bin_count,
        psi,
        expected_psi,
        psi - expected_psi as corrected_psi,
        is_measurable,
        coalesce(psi - expected_psi >= {{ var('drift_alarm_psi') }}, false) as is_alarm
    from compared
)

select * from final
