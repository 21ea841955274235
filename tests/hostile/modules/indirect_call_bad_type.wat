;; expect: trapped
(module
  (memory (export "memory") 2)
  (type $t (func))
  (table 1 funcref)
  (elem (i32.const 0) $g)
  (func $g (param i32))
  (func (export "guard_abi") (result i32) (i32.const 1))
  (func (export "guard_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "guard_check") (param i32 i32) (result i64) (call_indirect (type $t) (i32.const 0)) (unreachable))
)
