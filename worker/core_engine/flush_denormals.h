// Numbers below 2^-126 taken as zero, on one thread and for as long as an object lives.
#pragma once

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace unmask {

// Where an input is zero in all of a fold's clips, only weight decay moves its weights: they and
// their moments shrink by a part each step, and after 1,300 steps or so are subnormal. The
// processor then takes some 100 cycles for an operation that otherwise takes one, and a step twice
// its time. Equal on all of an x86 processor's instruction sets; others go on without.
class FlushDenormals {
 public:
#if defined(__SSE__)
  FlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | kToZero | kAreZero); }
  ~FlushDenormals() { _mm_setcsr(before_); }
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

#if defined(__SSE__)
 private:
  static constexpr unsigned kToZero = 1U << 15U;  // results
  static constexpr unsigned kAreZero = 1U << 6U;  // operands
  unsigned before_;
#else
  FlushDenormals() = default;
#endif
};

}  // namespace unmask
