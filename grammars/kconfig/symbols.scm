; Symbols a Kconfig file defines.
(config (name (symbol) @name))
(menuconfig (name (symbol) @name))
