; Calls of functions by name, and of hooks through a pointer.
(call_expression
  function: [
    (identifier) @function
    (field_expression
      operator: "->"
      field: (field_identifier) @hook)
    (parenthesized_expression
      (pointer_expression
        argument: (field_expression
          operator: "->"
          field: (field_identifier) @hook)))
  ])
