; Each declarator of each member of a struct: "int a, b;" is two matches.
(field_declaration
  declarator: (_) @declarator) @member
