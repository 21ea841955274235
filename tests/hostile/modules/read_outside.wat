;; expect: trapped
(module
  (memory (export "memory") 2)
  (func (export "guard_abi") (result i32) (i32.const 1))
  (func (export "guard_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "guard_check") (param i32 i32) (result i64) (i64.load (i32.const 0x7ffffff0)))
)
