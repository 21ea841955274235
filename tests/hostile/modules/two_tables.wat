;; expect: refused
(module
  (memory (export "memory") 2)
  (table 1 funcref)
  (table 1 funcref)
  (func (export "guard_abi") (result i32) (i32.const 1))
  (func (export "guard_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "guard_check") (param i32 i32) (result i64) (i64.const 0x0000001000000013))
)
