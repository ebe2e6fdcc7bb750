#if defined(UNMASK_CORE_NONZERO_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNMASK_CORE_NONZERO_INL_H_
#undef UNMASK_CORE_NONZERO_INL_H_
#else
#define UNMASK_CORE_NONZERO_INL_H_
#endif

#include <cstring>

#include "worker/core_engine/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unmask {
namespace HWY_NAMESPACE {

// Not a number counts: it must go on to the loss. (hn::Ne is false for it.)
HWY_INLINE hn::Mask<Floats> IsNonzero(Vec x) { return hn::Not(hn::Eq(x, Zero())); }

// Bits of one row: lane i of a vector is bit i.
HWY_INLINE void MarkRow(const float* HWY_RESTRICT row, std::size_t padded, std::size_t words,
                        std::uint32_t* HWY_RESTRICT bits) {
  for (std::size_t word = 0; word < words; ++word) {
    bits[word] = 0;
    const std::size_t columns = std::min(kWord, padded - word * kWord);
    for (std::size_t i = 0; i < columns; i += kLanes) {
      std::uint8_t bytes[8] = {};
      const Vec x = Load(row + word * kWord + i);
      hn::StoreMaskBits(Floats(), IsNonzero(x), bytes);
      bits[word] |= (std::uint32_t{bytes[0]} | std::uint32_t{bytes[1]} << 8) << i;
    }
  }
}

// Bits of a vector of columns in one block of up to 32 rows: one word a lane.
HWY_INLINE void MarkColumns(const float* HWY_RESTRICT block, std::size_t stride, std::size_t rows,
                            std::uint32_t* HWY_RESTRICT bits) {
  const hn::RebindToUnsigned<Floats> d;
  auto sum = hn::Zero(d);
  for (std::size_t b = 0; b < rows; ++b) {
    const auto nonzero = hn::RebindMask(d, IsNonzero(Load(block + b * stride)));
    sum = hn::Or(sum, hn::IfThenElseZero(nonzero, hn::Set(d, std::uint32_t{1} << b)));
  }
  hn::StoreU(sum, d, bits);
}

HWY_INLINE void MarkNonzero(const Rows& x, std::size_t rows, NonzeroBits& bits) {
  for (std::size_t b = 0; b < rows; ++b) MarkRow(x.row(b), x.padded(), bits.words(), bits.row(b));
  for (std::size_t block = 0; block * kWord < rows; ++block) {
    const std::size_t count = std::min(kWord, rows - block * kWord);
    for (std::size_t at = 0; at < x.padded(); at += kLanes) {
      MarkColumns(x.row(block * kWord) + at, x.stride(), count, bits.columns(block) + at);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace unmask
HWY_AFTER_NAMESPACE();

#endif  // UNMASK_CORE_NONZERO_INL_H_
