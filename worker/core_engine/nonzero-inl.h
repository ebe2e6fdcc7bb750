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
                        std::uint64_t* HWY_RESTRICT bits) {
  for (std::size_t word = 0; word < words; ++word) {
    std::uint64_t sum = 0;
    const std::size_t columns = std::min(kWord, padded - word * kWord);
    for (std::size_t i = 0; i < columns; i += kLanes) {
      std::uint8_t bytes[8] = {};
      hn::StoreMaskBits(Floats(), IsNonzero(Load(row + word * kWord + i)), bytes);
      sum |= (std::uint64_t{bytes[0]} | std::uint64_t{bytes[1]} << 8) << i;
    }
    bits[word] = sum;
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

// Whether a column is not zero in any row.
HWY_INLINE bool IsWhole(Nonzeros& nonzeros, std::size_t rows, std::size_t k) {
  for (std::size_t block = 0; block * kBlock < rows; ++block) {
    const std::size_t count = std::min(kBlock, rows - block * kBlock);
    if (nonzeros.columns(block)[k] != ~std::uint32_t{0} >> (kBlock - count)) return false;
  }
  return true;
}

// Appends a column's rows of one block, from their bits, and their places from that of the block's
// first row on. Whole vectors are written, of which only the front counts: no branch depends on
// what the bits are.
HWY_INLINE std::uint32_t ListRows(std::uint32_t bits, std::uint32_t first_row, std::uint32_t stride,
                                  std::uint32_t first_place, std::uint32_t* HWY_RESTRICT rows,
                                  std::uint32_t* HWY_RESTRICT places) {
  const hn::RebindToUnsigned<Floats> d;
  std::uint32_t count = 0;
  UNMASK_UNROLL
  for (std::uint32_t i = 0; i < kBlock; i += kLanes) {
    const auto some = static_cast<std::uint16_t>(bits >> i);
    std::uint8_t bytes[8] = {static_cast<std::uint8_t>(some), static_cast<std::uint8_t>(some >> 8)};
    const auto inside = hn::Compress(hn::Iota(d, i), hn::LoadMaskBits(d, bytes));
    hn::StoreU(hn::Add(inside, hn::Set(d, first_row)), d, rows + count);
    hn::StoreU(hn::Add(hn::Mul(inside, hn::Set(d, stride)), hn::Set(d, first_place)), d,
               places + count);
    count += static_cast<std::uint32_t>(__builtin_popcount(some & ((1ULL << kLanes) - 1)));
  }
  return count;
}

// The list of them by columns, from the columns' bits. `whole`: columns without a zero too.
HWY_INLINE void ListColumns(const Rows& x, std::size_t rows, bool whole, Nonzeros& nonzeros) {
  const auto stride = static_cast<std::uint32_t>(x.stride());
  std::uint32_t count = 0;
  for (std::size_t k = 0; k < x.width(); ++k) {
    nonzeros.starts()[k] = count;
    if (!whole && IsWhole(nonzeros, rows, k)) {
      count += static_cast<std::uint32_t>(rows);
      continue;
    }
    for (std::size_t block = 0; block * kBlock < rows; ++block) {
      const auto first_row = static_cast<std::uint32_t>(block * kBlock);
      count += ListRows(nonzeros.columns(block)[k], first_row, stride,
                        first_row * stride + static_cast<std::uint32_t>(k), nonzeros.rows() + count,
                        nonzeros.places() + count);
    }
  }
  nonzeros.starts()[x.width()] = count;
}

HWY_INLINE void MarkRows(const Rows& x, std::size_t rows, Nonzeros& nonzeros) {
  for (std::size_t b = 0; b < rows; ++b) {
    MarkRow(x.row(b), x.padded(), nonzeros.words(), nonzeros.row(b));
  }
}

// All that the backward pass needs as well.
HWY_INLINE void MarkRowsAndColumns(const Rows& x, std::size_t rows, bool whole,
                                   Nonzeros& nonzeros) {
  MarkRows(x, rows, nonzeros);
  for (std::size_t block = 0; block * kBlock < rows; ++block) {
    const std::size_t count = std::min(kBlock, rows - block * kBlock);
    for (std::size_t at = 0; at < x.padded(); at += kLanes) {
      MarkColumns(x.row(block * kBlock) + at, x.stride(), count, nonzeros.columns(block) + at);
    }
  }
  ListColumns(x, rows, whole, nonzeros);
}

}  // namespace HWY_NAMESPACE
}  // namespace unmask
HWY_AFTER_NAMESPACE();

#endif  // UNMASK_CORE_NONZERO_INL_H_
