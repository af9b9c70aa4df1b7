-- Online Retail has no payments: an empty relation of the entity's type.
{{ empty_entity() }}
