;; expect: trapped
;; tools: find_pii
(module
  (import "parapet:tool/1" "find_pii" (func $pii (param i32 i32) (result i32)))
  (import "parapet:guard/1" "take_result" (func $take (param i32)))
  (memory (export "memory") 2)
  (data (i32.const 16) "[\"a@example.com\"]")
  (func (export "guard_abi") (result i32) (i32.const 1))
  (func (export "guard_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "guard_check") (param i32 i32) (result i64) (drop (call $pii (i32.const 16) (i32.const 17))) (call $take (i32.const -4)) (unreachable))
)
