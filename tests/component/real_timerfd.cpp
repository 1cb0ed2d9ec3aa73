// Preloaded before libfaketime: timers go by the kernel's monotonic clock, as they do on a machine
// whose clock was set. libfaketime 0.9.10 moves every absolute timerfd by the offset of the wall
// clock, whatever clock it is on, and Asio asks for an absolute one when a timer is already due: a
// clock that goes back by a day would put it off by a day.
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

extern "C" int timerfd_settime(int timer, int flags, const itimerspec* wanted,
                               itimerspec* before) noexcept {
  return static_cast<int>(syscall(SYS_timerfd_settime, timer, flags, wanted, before));
}
