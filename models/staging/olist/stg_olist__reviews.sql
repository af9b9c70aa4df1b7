-- Olist's reviews as they landed, typed. A review_id may belong to several orders: only with the order it is a key.
-- Grain: one row per landed row. NULL or empty text is missing.
with

landed as (
    {{ landed('olist', 'reviews') }}
),

cleaned as (
    select
        {{ clean_text('review_id') }} as review_id,
        {{ clean_text('order_id') }} as order_id,
        {{ clean_text('review_score') }} as score,
        {{ clean_text('review_comment_title') }} as comment_title,
        {{ clean_text('review_comment_message') }} as comment_message,
        {{ clean_text('review_creation_date') }} as created_at,
        {{ clean_text('review_answer_timestamp') }} as reviewed_at,
        _source_file,
        _landed_on,
        _row
    from landed
),

typed as (
    select
        * except (score, created_at, reviewed_at),
        reviewed_at as reviewed_at_text,
        {{ whole_number('score', 'integer') }} as score,
        {{ parse_utc('created_at') }} as created_at,
        {{ parse_utc('reviewed_at') }} as reviewed_at
    from cleaned
),

judged as (
    select
        *,
        {{ rejection_reasons() }} as _rejection_reasons
    from typed
),

final as (
    select
        review_id,
        order_id,
        score,
        comment_title,
        comment_message,
        created_at,
        reviewed_at,
        _source_file,
        _landed_on,
        _rejection_reasons,
        {{ raw_row() }} as _raw_row
    from judged
)

select * from final
