//! Words of other systems that a program cannot say, with the reason and what to write. A program's order and values do
//! not depend on times: what would is refused.

/// Of an op: why there is none of this name.
pub(crate) fn op(name: &str) -> Option<&'static str> {
    Some(match name {
        "semaphore_set" | "sem_set" | "set" | "semaphore_reset" | "sem_reset" | "reset" | "semaphore_dec"
        | "sem_dec" | "decrement" | "acquire" => {
            "a semaphore only grows: whether a set or smaller value is seen before or after a signal is a matter of \
             time. Wait for a larger value every round, or take another semaphore"
        }
        "wait_eq" => {
            "a semaphore may pass a value before the wait looks at it, which is a matter of time. Write wait_ge"
        }
        "wait_any" | "recv_any" | "wait_some" => {
            "what follows would depend on who comes first, which is a matter of time. Receive the messages in an order \
             that the program states, or fold them by recv_reduce"
        }
        "recv_timeout" | "recv_try" | "try_recv" | "test" | "poll" => {
            "whether a message has come yet is a matter of time. Receive it where it is needed; a message that never \
             comes is a deadlock, which is named"
        }
        "atomic_add" | "atomic_max" | "atomic_min" | "atomic_cas" | "atomic_xchg" => {
            "the order in which ranks come first would be a matter of time. Write load, binary and store, ordered by \
             signals, or fold messages by recv_reduce"
        }
        _ => return None,
    })
}

/// Of a key.
pub(crate) fn key(name: &str) -> Option<&'static str> {
    match name {
        "timeout" | "timeout_cycles" | "timeout_fs" => op("recv_timeout"),
        _ => None,
    }
}
