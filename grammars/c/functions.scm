; Functions, defined or only declared: which of the two is seen from the node upwards.
(function_declarator
  declarator: (identifier) @name) @declarator
