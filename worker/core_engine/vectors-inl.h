// Vectors, and the few operations on them that all kernels share. Read once for each instruction
// set (see step.cc); nothing here may be used outside it.
//
// Why the bits are the same on all sets with fused multiply-add: a sum runs either down the rows,
// each lane by itself and one row after another, or along a row in 16 lanes that are added in a
// fixed tree at the end, whatever the number of lanes in a register. Every product that is summed
// is a MulAdd; square root and division are rounded as IEEE 754 says, whatever they are made of; no
// call goes into a mathematical library.
#if defined(UNMASK_CORE_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNMASK_CORE_VECTORS_INL_H_
#undef UNMASK_CORE_VECTORS_INL_H_
#else
#define UNMASK_CORE_VECTORS_INL_H_
#endif

#include <hwy/highway.h>

#include <type_traits>

#include "worker/core_engine/layout.h"

#ifndef UNMASK_UNROLL  // of loops whose length is a constant: their arrays must stay in registers
#define UNMASK_UNROLL _Pragma("GCC unroll 16")
#endif

HWY_BEFORE_NAMESPACE();
namespace unmask {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Vec = hn::Vec<Floats>;

inline constexpr std::size_t kLanes = HWY_LANES(float);
inline constexpr std::size_t kGroupVecs = kGroup / kLanes;
inline constexpr bool kManyRegisters = HWY_TARGET == HWY_AVX3;  // 32, else 16
static_assert(kGroup % kLanes == 0);

HWY_INLINE Vec Load(const float* from) { return hn::Load(Floats(), from); }
// For a value used twice: g++ would rather read memory twice, and loads are what is scarce.
HWY_INLINE Vec LoadOnce(const float* from) {
  Vec v = Load(from);
#if HWY_ARCH_X86 && HWY_COMPILER_GCC_ACTUAL && HWY_TARGET != HWY_SCALAR
  asm("" : "+v"(v.raw));
#endif
  return v;
}
// For an address that several loads count from: g++ would keep a register for each of them, in
// memory where there are not as many.
HWY_INLINE const float* OneAddress(const float* from) {
#if HWY_COMPILER_GCC_ACTUAL
  asm("" : "+r"(from));
#endif
  return from;
}
HWY_INLINE void Store(Vec v, float* to) { hn::Store(v, Floats(), to); }
HWY_INLINE Vec Splat(float value) { return hn::Set(Floats(), value); }
HWY_INLINE Vec Zero() { return hn::Zero(Floats()); }

// Cuts [0, columns), whole groups, into chunks of Vecs, Vecs / 2, ... vectors and calls
// visit(first column, integral_constant of the number of vectors).
template <std::size_t Vecs, typename F>
HWY_INLINE void ForEachChunk(std::size_t first, std::size_t columns, F visit) {
  constexpr std::size_t kWidth = Vecs * kLanes;
  for (; columns >= kWidth; first += kWidth, columns -= kWidth) {
    visit(first, std::integral_constant<std::size_t, Vecs>());
  }
  if constexpr (Vecs > kGroupVecs) {
    if (columns > 0) ForEachChunk<Vecs / 2>(first, columns, visit);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace unmask
HWY_AFTER_NAMESPACE();

#endif  // UNMASK_CORE_VECTORS_INL_H_
