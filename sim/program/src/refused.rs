//! Words of other systems that a program cannot say, with the reason and what to write. A program's order and values do
//! not depend on times: what would is refused.

/// Of an op: why there is none of this name.
pub(crate) fn op(name: &str) -> Option<&'static str> {
    Some(match name {
        "sem_set" | "set" | "semaphore_reset" | "sem_reset" | "reset" => {
            "its own rank sets a semaphore by semaphore_set, and others raise it by signal or signal_set"
        }
        "semaphore_dec" | "sem_dec" | "decrement" | "acquire" => {
            "a wait takes from its semaphore: wait_until with `is` = `take`"
        }
        "wait_eq" => "a wait for equality is wait_until with `is` = `eq`",
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
