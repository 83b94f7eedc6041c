; Structs with a body, and typedefs of structs without a name.
(struct_specifier
  name: (type_identifier) @name
  body: (field_declaration_list) @body) @struct

(type_definition
  type: (struct_specifier
    !name
    body: (field_declaration_list) @body)
  declarator: (type_identifier) @name) @struct
