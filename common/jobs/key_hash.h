// Tables by job key. A key is digits of a SHA-256: the first of them say enough, and hashing all 64
// is what a look-up in a large sweep would mostly do.
#pragma once

#include <cstddef>
#include <string_view>

namespace unmask {

struct JobKeyHash {
  std::size_t operator()(std::string_view key) const {
    std::size_t hash = 0;
    key.copy(reinterpret_cast<char*>(&hash), sizeof hash);
    return hash * 0x9E3779B97F4A7C15;  // digits differ in few bits
  }
};

}  // namespace unmask
