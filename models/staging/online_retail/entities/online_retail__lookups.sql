-- Online Retail has no lookups: an empty relation of the entity's type.
{{ empty_entity() }}
