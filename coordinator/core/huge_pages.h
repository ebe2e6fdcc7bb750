// Memory for large tables that are read here and there: in huge pages, where the kernel has some,
// so that a look-up does not also miss the table of pages.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace unmask {

template <typename T>
struct HugePages {
  using value_type = T;
  static constexpr std::size_t kPage = std::size_t{2} << 20;

  HugePages() = default;
  template <typename Other>
  HugePages(const HugePages<Other>&) {}  // NOLINT: implicit as allocators are

  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    if (bytes < kPage) return static_cast<T*>(::operator new(bytes));
    void* const memory = ::operator new(bytes, std::align_val_t{kPage});
    madvise(memory, bytes, MADV_HUGEPAGE);  // advice: nothing is lost where it is not taken
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) {
    if (count * sizeof(T) < kPage) return ::operator delete(memory);
    ::operator delete(memory, std::align_val_t{kPage});
  }
  bool operator==(const HugePages&) const = default;
};

}  // namespace unmask
