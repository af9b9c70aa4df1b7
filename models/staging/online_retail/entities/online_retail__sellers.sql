-- Online Retail has no sellers: an empty relation of the entity's type.
{{ empty_entity() }}
