#include "common/random/philox_fill.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "common/random/philox_fill.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace unmask {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

constexpr float kTwoToMinus24 = 1.0F / 16777216.0F;

// Random bits to a number in [0, 1).
template <class D>
HWY_INLINE hn::Vec<D> Uniform(D d, hn::Vec<hn::RebindToUnsigned<D>> word) {
  const hn::RebindToSigned<D> ints;
  const auto high = hn::BitCast(ints, hn::ShiftRight<8>(word));
  return hn::Mul(hn::ConvertTo(d, high), hn::Set(d, kTwoToMinus24));
}

struct AsUniform {
  template <class D, class V>
  HWY_INLINE V operator()(D, V u) const {
    return u;
  }
};

struct AsMask {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V u) const {
    return hn::IfThenZeroElse(hn::Lt(u, hn::Set(d, threshold)), hn::Set(d, kept));
  }
  float threshold, kept;
};

#if HWY_TARGET == HWY_SCALAR

inline constexpr std::size_t kAtOnce = 4;  // numbers

template <class F>
HWY_INLINE void FillSome(PhiloxKey key, std::uint32_t epoch, std::uint32_t step,
                         std::uint32_t block, F form, float* out) {
  const hn::ScalableTag<float> d;
  const hn::RebindToUnsigned<decltype(d)> words;
  const PhiloxCounter four = Philox4x32({block, 0, step, epoch}, key);
  for (std::size_t i = 0; i < 4; ++i) {
    hn::Store(form(d, Uniform(d, hn::Set(words, four[i]))), d, out + i);
  }
}

#else

using Wide = hn::ScalableTag<std::uint64_t>;  // the low half of each lane is a word
using Words = hn::Vec<Wide>;

inline constexpr std::size_t kBlocks = HWY_LANES(std::uint64_t);
inline constexpr std::size_t kAtOnce = 4 * kBlocks;

// 64-bit products of the lanes' low halves.
HWY_INLINE Words Multiply(Words a, std::uint32_t factor) {
  const hn::Repartition<std::uint32_t, Wide> d;
  return hn::MulEven(hn::BitCast(d, a), hn::Set(d, factor));
}

// Ten rounds of Philox4x32 (Salmon et al., SC 2011, with their constants) on a block a lane. What
// gathers in the high halves is never read: products take the low halves, and the rest is xor.
HWY_INLINE void Rounds(PhiloxKey key, Words (&c)[4]) {
  const Wide d;
  for (int round = 0; round < 10; ++round) {
    const Words first = Multiply(c[0], 0xD2511F53U);
    const Words second = Multiply(c[2], 0xCD9E8D57U);
    c[0] = hn::Xor(hn::Xor(hn::ShiftRight<32>(second), c[1]), hn::Set(d, std::uint64_t{key[0]}));
    c[1] = second;
    c[2] = hn::Xor(hn::Xor(hn::ShiftRight<32>(first), c[3]), hn::Set(d, std::uint64_t{key[1]}));
    c[3] = first;
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
}

// Numbers of kBlocks blocks from `block` on. The first half of the blocks goes to the even lanes,
// the second to the odd ones, so that interleaving pairs of words leaves them in order.
template <class F>
HWY_INLINE void FillSome(PhiloxKey key, std::uint32_t epoch, std::uint32_t step,
                         std::uint32_t block, F form, float* out) {
  const Wide d;
  const hn::Repartition<float, Wide> floats;
  const hn::Repartition<std::uint32_t, Wide> words;
  HWY_ALIGN std::uint64_t indices[kBlocks];
  for (std::size_t i = 0; i < kBlocks; ++i) indices[i] = block + i / 2 + i % 2 * (kBlocks / 2);
  Words c[4] = {hn::Load(d, indices), hn::Zero(d), hn::Set(d, std::uint64_t{step}),
                hn::Set(d, std::uint64_t{epoch})};
  Rounds(key, c);
  const Words low_half = hn::Set(d, std::uint64_t{0xFFFFFFFFU});
  const Words words01 = hn::Or(hn::And(c[0], low_half), hn::ShiftLeft<32>(c[1]));
  const Words words23 = hn::Or(hn::And(c[2], low_half), hn::ShiftLeft<32>(c[3]));
  const auto even = hn::BitCast(words, hn::InterleaveLower(d, words01, words23));
  const auto odd = hn::BitCast(words, hn::InterleaveUpper(d, words01, words23));
  hn::StoreU(form(floats, Uniform(floats, even)), floats, out);
  hn::StoreU(form(floats, Uniform(floats, odd)), floats, out + kAtOnce / 2);
}

#endif

template <class F>
HWY_INLINE void Fill(PhiloxKey key, std::uint32_t epoch, std::uint32_t step, F form,
                     std::span<float> out) {
  std::uint32_t block = 0;
  while (out.size() >= kAtOnce) {
    FillSome(key, epoch, step, block, form, out.data());
    out = out.subspan(kAtOnce);
    block += kAtOnce / 4;
  }
  if (out.empty()) return;
  float rest[kAtOnce];
  FillSome(key, epoch, step, block, form, rest);
  std::memcpy(out.data(), rest, out.size_bytes());
}

void FillUniformOnTarget(PhiloxKey key, std::uint32_t epoch, std::uint32_t step,
                         std::span<float> out) {
  Fill(key, epoch, step, AsUniform{}, out);
}

void FillMaskOnTarget(PhiloxKey key, std::uint32_t epoch, std::uint32_t step, float threshold,
                      float kept, std::span<float> out) {
  Fill(key, epoch, step, AsMask{threshold, kept}, out);
}

}  // namespace HWY_NAMESPACE
}  // namespace unmask
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unmask {

HWY_EXPORT(FillUniformOnTarget);
HWY_EXPORT(FillMaskOnTarget);

void FillUniform(PhiloxKey key, std::uint32_t epoch, std::uint32_t step, std::span<float> out) {
  HWY_DYNAMIC_DISPATCH(FillUniformOnTarget)(key, epoch, step, out);
}

void FillMask(PhiloxKey key, std::uint32_t epoch, std::uint32_t step, float threshold, float kept,
              std::span<float> out) {
  HWY_DYNAMIC_DISPATCH(FillMaskOnTarget)(key, epoch, step, threshold, kept, out);
}

}  // namespace unmask
#endif  // HWY_ONCE
