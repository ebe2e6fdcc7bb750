// The same work on several threads.
#pragma once

#include <cstddef>
#include <functional>

namespace unmask {

// Calls `work`, which takes its share until nothing is left, on this thread and `threads` - 1
// others; on fewer where the system gives no more. Returns when all are done. The first exception
// of any of them is thrown here.
void OnThreads(std::size_t threads, const std::function<void()>& work);

}  // namespace unmask
