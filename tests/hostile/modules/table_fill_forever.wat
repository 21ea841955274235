;; expect: out_of_fuel
(module
  (memory (export "memory") 2)
  (table $t 20000 funcref)
  (func (export "guard_abi") (result i32) (i32.const 1))
  (func (export "guard_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "guard_check") (param i32 i32) (result i64) (loop (table.fill $t (i32.const 0) (ref.null func) (i32.const 20000)) (br 0)) (unreachable))
)
