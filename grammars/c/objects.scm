; Instances of structs with an initialiser: variables, arrays of them, compound literals.
(declaration
  type: [
    (struct_specifier name: (type_identifier) @type !body)
    (type_identifier) @type
  ]
  declarator: (init_declarator
    declarator: (_) @declarator
    value: (initializer_list) @values)) @object

; struct foo { ... } bar = { ... };
(declaration
  type: (struct_specifier name: (type_identifier) @type body: (_))
  declarator: (init_declarator
    declarator: (_) @declarator
    value: (initializer_list) @values)) @object

; static int (*const handlers[])(struct foo *) = { [INDEX] = function };
(declaration
  type: [(primitive_type) (sized_type_specifier)] @type
  declarator: (init_declarator
    declarator: (function_declarator) @declarator
    value: (initializer_list) @values)) @object

(compound_literal_expression
  type: (type_descriptor
    type: [
      (struct_specifier name: (type_identifier) @type)
      (type_identifier) @type
    ])
  value: (initializer_list) @values) @object
