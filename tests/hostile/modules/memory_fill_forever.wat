;; expect: out_of_fuel
(module
  (memory (export "memory") 2)
  (func (export "guard_abi") (result i32) (i32.const 1))
  (func (export "guard_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "guard_check") (param i32 i32) (result i64) (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 131072)) (br 0)) (unreachable))
)
