;; A guard that does what its input says, to the host as well. An input is a row of orders, each a byte below 32 and two
;; numbers; what follows the last order is the answer. The length of the input says where it is put.
(module
  (import "parapet:tool/1" "find_pii" (func $native (param i32 i32) (result i32)))
  (import "parapet:tool/1" "echo" (func $operators (param i32 i32) (result i32)))
  (import "parapet:guard/1" "take_result" (func $take (param i32)))
  (memory (export "memory") 1)
  (func $bytes (result i32) (i32.shl (memory.size) (i32.const 16)))
  (func $pack (param $at i32) (param $len i32) (result i64)
    (i64.or (i64.shl (i64.extend_i32_u (local.get $at)) (i64.const 32)) (i64.extend_i32_u (local.get $len))))

  (func (export "guard_abi") (result i32) (i32.const 1))

  (func (export "guard_alloc") (param $len i32) (result i32)
    (local $kind i32)
    (local.set $kind (i32.and (local.get $len) (i32.const 31)))
    (if (i32.eq (local.get $kind) (i32.const 31)) (then (return (i32.const -1))))
    (if (i32.eq (local.get $kind) (i32.const 30)) (then (return (i32.const 0))))
    (if (i32.eq (local.get $kind) (i32.const 29)) (then (return (i32.sub (call $bytes) (local.get $len)))))
    (if (i32.eq (local.get $kind) (i32.const 28))
      (then (return (i32.add (i32.sub (call $bytes) (local.get $len)) (i32.const 1)))))
    (i32.const 1024))

  (func (export "guard_check") (param $at i32) (param $len i32) (result i64)
    (local $end i32) (local $order i32) (local $a i32) (local $b i32)
    (local.set $end (i32.add (local.get $at) (local.get $len)))
    (loop $next
      (if (i32.or
            (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 9))
            (i32.ge_u (i32.load8_u (local.get $at)) (i32.const 32)))
        (then (return (call $pack (local.get $at) (i32.sub (local.get $end) (local.get $at))))))
      (local.set $order (i32.load8_u (local.get $at)))
      (local.set $a (i32.load offset=1 (local.get $at)))
      (local.set $b (i32.load offset=5 (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 9)))
      ;; 0: answers with what stands anywhere.
      (if (i32.eqz (local.get $order)) (then (return (call $pack (local.get $a) (local.get $b)))))
      ;; 1, 2: call a built-in tool, with arguments from anywhere, or with those that follow.
      (if (i32.eq (local.get $order) (i32.const 1)) (then (drop (call $native (local.get $a) (local.get $b)))))
      (if (i32.eq (local.get $order) (i32.const 2))
        (then
          (local.set $a (i32.and (local.get $a) (i32.const 255)))
          (drop (call $native (local.get $at) (local.get $a)))
          (local.set $at (i32.add (local.get $at) (local.get $a)))))
      ;; 3, 4: the same with a tool of the operator.
      (if (i32.eq (local.get $order) (i32.const 3)) (then (drop (call $operators (local.get $a) (local.get $b)))))
      (if (i32.eq (local.get $order) (i32.const 4))
        (then
          (local.set $a (i32.and (local.get $a) (i32.const 255)))
          (drop (call $operators (local.get $at) (local.get $a)))
          (local.set $at (i32.add (local.get $at) (local.get $a)))))
      ;; 5, 6: take the result to anywhere, or to where there is room.
      (if (i32.eq (local.get $order) (i32.const 5)) (then (call $take (local.get $a))))
      (if (i32.eq (local.get $order) (i32.const 6)) (then (call $take (i32.const 32768))))
      ;; 7: grows. 8: writes anywhere. 9: answers with what was taken.
      (if (i32.eq (local.get $order) (i32.const 7))
        (then (drop (memory.grow (i32.and (local.get $a) (i32.const 127))))))
      (if (i32.eq (local.get $order) (i32.const 8)) (then (i32.store8 (local.get $a) (local.get $b))))
      (if (i32.eq (local.get $order) (i32.const 9))
        (then (return (call $pack (i32.const 32768) (i32.and (local.get $a) (i32.const 65535))))))
      (br $next))
    (unreachable)))
