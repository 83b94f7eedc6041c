; Entries of enumerations; the enumeration's name is found from the entry upwards, if it has one.
(enumerator
  name: (identifier) @name) @enumerator
