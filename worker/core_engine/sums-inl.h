// Sums: down the rows of a matrix, or along a row in 16 lanes and a fixed tree (vectors-inl.h).
#if defined(UNMASK_CORE_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNMASK_CORE_SUMS_INL_H_
#undef UNMASK_CORE_SUMS_INL_H_
#else
#define UNMASK_CORE_SUMS_INL_H_
#endif

#include "worker/core_engine/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unmask {
namespace HWY_NAMESPACE {

// Sums down the rows of some vectors of columns, from `first` on. Each of them waits for its last
// addition, so they take turns.
template <std::size_t Vecs>
HWY_INLINE void SumRows(const Rows& x, std::size_t rows, std::size_t first, Vec (&sum)[Vecs]) {
  UNMASK_UNROLL
  for (std::size_t i = 0; i < Vecs; ++i) sum[i] = Zero();
  for (std::size_t b = 0; b < rows; ++b) {
    const float* row = x.row(b) + first;
    UNMASK_UNROLL
    for (std::size_t i = 0; i < Vecs; ++i) sum[i] = hn::Add(sum[i], Load(row + i * kLanes));
  }
}

// Sixteen partial sums along a row.
struct Group {
  Vec v[kGroupVecs];
};

HWY_INLINE Group ZeroGroup() {
  Group group;
  UNMASK_UNROLL
  for (std::size_t i = 0; i < kGroupVecs; ++i) group.v[i] = Zero();
  return group;
}
HWY_INLINE Group LoadGroup(const float* from) {
  Group group;
  UNMASK_UNROLL
  for (std::size_t i = 0; i < kGroupVecs; ++i) group.v[i] = Load(from + i * kLanes);
  return group;
}
HWY_INLINE void StoreGroup(const Group& group, float* to) {
  UNMASK_UNROLL
  for (std::size_t i = 0; i < kGroupVecs; ++i) Store(group.v[i], to + i * kLanes);
}

// The tree: quarters first, ((0+1)+(2+3)), then the four lanes that are left likewise.
HWY_INLINE float SumOfLanes(const float* HWY_RESTRICT lanes) {
  float four[4];
  for (std::size_t i = 0; i < 4; ++i) {
    four[i] = (lanes[i] + lanes[4 + i]) + (lanes[8 + i] + lanes[12 + i]);
  }
  return (four[0] + four[1]) + (four[2] + four[3]);
}
HWY_INLINE float SumOf(const Group& group) {
  HWY_ALIGN float lanes[kGroup];
  StoreGroup(group, lanes);
  return SumOfLanes(lanes);
}

// The same tree for four groups of lanes that follow one another; added to `sums`.
HWY_INLINE void AddSumsOfFourGroups(const float* HWY_RESTRICT lanes, float* HWY_RESTRICT sums) {
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t i = 0; i < 4; ++i) sums[i] += SumOfLanes(lanes + i * kGroup);
#else
  const hn::Full128<float> d;
  const hn::Repartition<double, decltype(d)> pairs;
  hn::Vec<decltype(d)> t[4];
  UNMASK_UNROLL
  for (std::size_t i = 0; i < 4; ++i) {
    const float* at = lanes + i * kGroup;
    t[i] = hn::Add(hn::Add(hn::Load(d, at), hn::Load(d, at + 4)),
                   hn::Add(hn::Load(d, at + 8), hn::Load(d, at + 12)));
  }
  const auto low01 = hn::InterleaveLower(d, t[0], t[1]);  // t0[0] t1[0] t0[1] t1[1]
  const auto low23 = hn::InterleaveLower(d, t[2], t[3]);
  const auto high01 = hn::InterleaveUpper(d, t[0], t[1]);  // t0[2] t1[2] t0[3] t1[3]
  const auto high23 = hn::InterleaveUpper(d, t[2], t[3]);
  const auto join_low = [&](auto a, auto b) HWY_ATTR {
    return hn::BitCast(d, hn::InterleaveLower(pairs, hn::BitCast(pairs, a), hn::BitCast(pairs, b)));
  };
  const auto join_high = [&](auto a, auto b) HWY_ATTR {
    return hn::BitCast(d, hn::InterleaveUpper(pairs, hn::BitCast(pairs, a), hn::BitCast(pairs, b)));
  };
  const auto sum01 = hn::Add(join_low(low01, low23), join_high(low01, low23));
  const auto sum23 = hn::Add(join_low(high01, high23), join_high(high01, high23));
  hn::StoreU(hn::Add(hn::LoadU(d, sums), hn::Add(sum01, sum23)), d, sums);
#endif
}

#if HWY_TARGET == HWY_AVX3
// Halves the lanes of two vectors by adding neighbours, blocks of four lanes or lanes in a block:
// first what is left of a, then of b.
HWY_INLINE Vec AddNeighbourBlocks(Vec a, Vec b) {
  return hn::Add(Vec{_mm512_shuffle_f32x4(a.raw, b.raw, 0x88)},
                 Vec{_mm512_shuffle_f32x4(a.raw, b.raw, 0xDD)});
}
HWY_INLINE Vec AddNeighbours(Vec a, Vec b) {
  return hn::Add(Vec{_mm512_shuffle_ps(a.raw, b.raw, 0x88)},
                 Vec{_mm512_shuffle_ps(a.raw, b.raw, 0xDD)});
}

// The same for sixteen groups.
HWY_INLINE void AddSumsOfSixteenGroups(const float* HWY_RESTRICT lanes, float* HWY_RESTRICT sums) {
  Vec t[4];  // block j of t[i]: of group 4 j + i
  UNMASK_UNROLL
  for (std::size_t i = 0; i < 4; ++i) {
    const auto group = [&](std::size_t j) HWY_ATTR { return Load(lanes + (4 * j + i) * kGroup); };
    t[i] = AddNeighbourBlocks(AddNeighbourBlocks(group(0), group(1)),
                              AddNeighbourBlocks(group(2), group(3)));
  }
  const Vec all = AddNeighbours(AddNeighbours(t[0], t[1]), AddNeighbours(t[2], t[3]));
  hn::StoreU(hn::Add(hn::LoadU(Floats(), sums), all), Floats(), sums);
}
#endif

// sums[j] += the sum of the 16 lanes of group j.
HWY_INLINE void AddSumsOfGroups(const float* lanes, std::size_t count, float* sums) {
  std::size_t j = 0;
#if HWY_TARGET == HWY_AVX3
  for (; j + 16 <= count; j += 16) AddSumsOfSixteenGroups(lanes + j * kGroup, sums + j);
#endif
  for (; j + 4 <= count; j += 4) AddSumsOfFourGroups(lanes + j * kGroup, sums + j);
  for (; j < count; ++j) sums[j] += SumOfLanes(lanes + j * kGroup);
}

// sum of a[i] b[i] over whole groups.
HWY_INLINE float Dot(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, std::size_t padded) {
  Group sum = ZeroGroup();
  for (std::size_t at = 0; at < padded; at += kGroup) {
    UNMASK_UNROLL
    for (std::size_t i = 0; i < kGroupVecs; ++i) {
      sum.v[i] = hn::MulAdd(Load(a + at + i * kLanes), Load(b + at + i * kLanes), sum.v[i]);
    }
  }
  return SumOf(sum);
}

}  // namespace HWY_NAMESPACE
}  // namespace unmask
HWY_AFTER_NAMESPACE();

#endif  // UNMASK_CORE_SUMS_INL_H_
