-- REES46 has no reviews: an empty relation of the entity's type.
{{ empty_entity() }}
