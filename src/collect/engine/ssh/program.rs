//! The running `ssh`, as a stream of bytes.

use super::super::stream::Failed;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, Join, ReadBuf};
use tokio::process::{ChildStdin, ChildStdout};

/// The running program, as a connection.
pub(super) struct Program {
    pipes: Join<ChildStdout, ChildStdin>,
    /// Holds the process, which is killed with it.
    end: Pin<Box<dyn Future<Output = Failed> + Send>>,
    answered: bool,
}

impl Program {
    pub(super) fn new(
        stdout: ChildStdout,
        stdin: ChildStdin,
        end: impl Future<Output = Failed> + Send + 'static,
    ) -> Self {
        Self { pipes: tokio::io::join(stdout, stdin), end: Box::pin(end), answered: false }
    }
}

impl AsyncRead for Program {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.pipes).poll_read(context, buffer) {
            Poll::Ready(Ok(())) if buffer.filled().len() == before && !self.answered => {
                self.end.as_mut().poll(context).map(|failed| Err(std::io::Error::other(failed)))
            }
            Poll::Ready(Ok(())) => {
                self.answered = true;
                Poll::Ready(Ok(()))
            }
            other => other,
        }
    }
}

impl AsyncWrite for Program {
    /// A program that has ended takes everything: why it ended is told where its answer is read.
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        match Pin::new(&mut self.pipes).poll_write(context, bytes) {
            Poll::Ready(Err(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                Poll::Ready(Ok(bytes.len()))
            }
            other => other,
        }
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.pipes).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.pipes).poll_shutdown(context)
    }
}
