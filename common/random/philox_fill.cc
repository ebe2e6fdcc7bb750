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

// The upper 24 bits.
template <class D>
HWY_INLINE hn::Vec<hn::RebindToSigned<D>> Integer(D, hn::Vec<hn::RebindToUnsigned<D>> word) {
  return hn::BitCast(hn::RebindToSigned<D>(), hn::ShiftRight<8>(word));
}

// Random bits to a number in [0, 1).
struct AsUniform {
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D d, hn::Vec<hn::RebindToUnsigned<D>> word) const {
    return hn::Mul(hn::ConvertTo(d, Integer(d, word)), hn::Set(d, kTwoToMinus24));
  }
};

// 0 where that number is below a threshold, else `kept`.
struct AsMask {
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D d, hn::Vec<hn::RebindToUnsigned<D>> word) const {
    const hn::RebindToSigned<D> ints;
    const auto dropped = hn::Lt(Integer(d, word), hn::Set(ints, least));
    return hn::IfThenZeroElse(hn::RebindMask(d, dropped), hn::Set(d, kept));
  }
  std::int32_t least;  // that is kept, in units of 2^-24
  float kept;
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
    hn::Store(form(d, hn::Set(words, four[i])), d, out + i);
  }
}

#else

using Wide = hn::ScalableTag<std::uint64_t>;  // the low half of each lane is a word
using Words = hn::Vec<Wide>;

inline constexpr std::size_t kBlocks = HWY_LANES(std::uint64_t);
// Of products, each of which waits for the one before.
inline constexpr std::size_t kChains = HWY_TARGET == HWY_AVX3 ? 4 : 2;
inline constexpr std::size_t kAtOnce = kChains * 4 * kBlocks;

#define UNMASK_UNROLL _Pragma("GCC unroll 16")

// 64-bit products of the lanes' low halves.
HWY_INLINE Words Multiply(Words a, std::uint32_t factor) {
  const hn::Repartition<std::uint32_t, Wide> d;
  return hn::MulEven(hn::BitCast(d, a), hn::Set(d, factor));
}

// The high half in the low one; a shuffle, since products keep the port busy that shifts need.
HWY_INLINE Words SwapHalves(Words a) {
  const hn::Repartition<std::uint32_t, Wide> d;
  return hn::BitCast(Wide(), hn::Shuffle2301(hn::BitCast(d, a)));
}

// The four words of a block a lane.
struct Blocks {
  Words word[4];
};

// Ten rounds of Philox4x32 (Salmon et al., SC 2011, with their constants). What gathers in the high
// halves is never read: products take the low halves, and the rest is xor.
HWY_INLINE void Rounds(PhiloxKey key, Blocks (&blocks)[kChains]) {
  const Wide d;
  for (int round = 0; round < 10; ++round) {
    const Words keys[2] = {hn::Set(d, std::uint64_t{key[0]}), hn::Set(d, std::uint64_t{key[1]})};
    UNMASK_UNROLL
    for (Blocks& block : blocks) {
      Words(&c)[4] = block.word;
      const Words first = Multiply(c[0], 0xD2511F53U);
      const Words second = Multiply(c[2], 0xCD9E8D57U);
      c[0] = hn::Xor(hn::Xor(SwapHalves(second), c[1]), keys[0]);
      c[1] = second;
      c[2] = hn::Xor(hn::Xor(SwapHalves(first), c[3]), keys[1]);
      c[3] = first;
    }
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
}

// The first half of the blocks goes to the even lanes, the second to the odd ones, so that
// interleaving pairs of words leaves them in order.
template <class F>
HWY_INLINE void StoreNumbers(const Blocks& blocks, F form, float* out) {
  const Wide d;
  const hn::Repartition<float, Wide> floats;
  const hn::Repartition<std::uint32_t, Wide> words;
  const Words(&c)[4] = blocks.word;
  const auto low_half = hn::Set(d, std::uint64_t{0xFFFFFFFFU});
  const Words words01 = hn::Or(hn::And(c[0], low_half), hn::ShiftLeft<32>(c[1]));
  const Words words23 = hn::Or(hn::And(c[2], low_half), hn::ShiftLeft<32>(c[3]));
  const auto even = hn::BitCast(words, hn::InterleaveLower(d, words01, words23));
  const auto odd = hn::BitCast(words, hn::InterleaveUpper(d, words01, words23));
  hn::StoreU(form(floats, even), floats, out);
  hn::StoreU(form(floats, odd), floats, out + 2 * kBlocks);
}

// Numbers of the kAtOnce / 4 blocks from `block` on.
template <class F>
HWY_INLINE void FillSome(PhiloxKey key, std::uint32_t epoch, std::uint32_t step,
                         std::uint32_t block, F form, float* out) {
  const Wide d;
  HWY_ALIGN std::uint64_t order[kBlocks];
  for (std::size_t i = 0; i < kBlocks; ++i) order[i] = i / 2 + i % 2 * (kBlocks / 2);
  Blocks blocks[kChains];
  UNMASK_UNROLL
  for (std::size_t i = 0; i < kChains; ++i) {
    const auto index = hn::Add(hn::Load(d, order), hn::Set(d, block + i * kBlocks));
    blocks[i] = {
        {index, hn::Zero(d), hn::Set(d, std::uint64_t{step}), hn::Set(d, std::uint64_t{epoch})}};
  }
  Rounds(key, blocks);
  UNMASK_UNROLL
  for (std::size_t i = 0; i < kChains; ++i) StoreNumbers(blocks[i], form, out + i * 4 * kBlocks);
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

void FillMaskOnTarget(PhiloxKey key, std::uint32_t epoch, std::uint32_t step, std::int32_t least,
                      float kept, std::span<float> out) {
  Fill(key, epoch, step, AsMask{least, kept}, out);
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

void FillMask(PhiloxKey key, std::uint32_t epoch, std::uint32_t step, std::int32_t least,
              float kept, std::span<float> out) {
  HWY_DYNAMIC_DISPATCH(FillMaskOnTarget)(key, epoch, step, least, kept, out);
}

}  // namespace unmask
#endif  // HWY_ONCE
