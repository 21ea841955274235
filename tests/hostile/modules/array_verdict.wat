;; expect: bad_output
(module
  (memory (export "memory") 2)
  (data (i32.const 16) "[\"allow\",\"\",\"\",null,[]]")
  (func (export "guard_abi") (result i32) (i32.const 1))
  (func (export "guard_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "guard_check") (param i32 i32) (result i64) (i64.const 0x0000001000000017))
)
