#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault { NoDateline, NoCredits }
