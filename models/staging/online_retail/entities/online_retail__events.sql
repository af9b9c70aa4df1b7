-- Online Retail has no events: an empty relation of the entity's type.
{{ empty_entity() }}
