// mimalloc's operator new, of its build in C, aborts where there is no memory. Here it throws, so
// that main says one line.
#include <algorithm>
#include <cstdlib>
#include <new>

// Sanitizers bring their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

void* OrThrow(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) {
  return OrThrow(std::malloc(std::max<std::size_t>(size, 1)));
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto multiple = static_cast<std::size_t>(alignment);
  return OrThrow(std::aligned_alloc(
      multiple, (std::max<std::size_t>(size, 1) + multiple - 1) / multiple * multiple));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return operator new(size, alignment);
}

#endif
