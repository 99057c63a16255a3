//! Where a probe stands: `/proc` seen from outside, a container's files, or its network namespace.
//! Nothing here is used before the PID is proven to be the container's, and whatever cannot be done
//! comes back as a reason fit for a report.

mod netns;
mod pid;
mod root;

pub(crate) use netns::{Namespace, Post, namespace_inode, standing_in};
pub(crate) use pid::ProvenPid;
pub(crate) use root::{Held, list_files, look_at, read_file};
