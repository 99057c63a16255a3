/* Asks for a name as programs do that use musl, the C library of Alpine, and says what came of it: `ask NAME`, or `ask NAME
   forever` to go on asking. */
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **words) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    if (count < 2) return 2;
    for (;;) {
        int failed = getaddrinfo(words[1], "8080", &hints, &found);
        puts(failed ? gai_strerror(failed) : "found");
        fflush(stdout);
        if (!failed) freeaddrinfo(found);
        if (count < 3) return 0;
        sleep(1);
    }
}
