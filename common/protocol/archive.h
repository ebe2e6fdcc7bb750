// Structs of messages.h as little-endian bytes, field by field in the order of declaration
// (Boost.PFR lists the fields, so that encoding and decoding cannot differ and no field can be
// forgotten). Integers and floats have their own width, bool one byte, an enum one byte, text and
// lists a u32 count first, an optional a flag byte first. A change of any message's fields raises
// kProtocolVersion.
#pragma once

#include <algorithm>
#include <bit>
#include <boost/pfr.hpp>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "common/protocol/messages.h"

namespace unmask::protocol {

static_assert(std::endian::native == std::endian::little, "the wire is little-endian");

template <typename T>
concept PlainNumber = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;
template <typename T>
concept Enum = std::is_enum_v<T>;
template <typename T>
concept Struct = std::is_aggregate_v<T> && std::is_class_v<T>;

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}  // appends to it
  void operator()(PlainNumber auto value) {
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    out_.append(raw, sizeof value);
  }
  void operator()(bool value) { out_ += static_cast<char>(value ? 1 : 0); }
  template <Enum E>
  void operator()(E value) {
    static_assert(NamedEnum<E>,
                  "give the enum its kNames: what is not below their number is refused");
    (*this)(static_cast<std::uint8_t>(value));
  }
  void operator()(const std::string& text) {
    (*this)(static_cast<std::uint32_t>(text.size()));
    out_ += text;
  }
  template <typename T>
  void operator()(const std::vector<T>& list) {
    (*this)(static_cast<std::uint32_t>(list.size()));
    if constexpr (PlainNumber<T>) {
      out_.append(reinterpret_cast<const char*>(list.data()), list.size() * sizeof(T));
    } else {
      for (const T& item : list) (*this)(item);
    }
  }
  template <typename T>
  void operator()(const std::optional<T>& value) {
    (*this)(value.has_value());
    if (value) (*this)(*value);
  }
  template <Struct S>
  void operator()(const S& value) {
    boost::pfr::for_each_field(value, [this](auto& field) { (*this)(field); });
  }

 private:
  std::string& out_;
};

// After the first bad byte `failed()` stays true and what is read has no meaning.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  void operator()(PlainNumber auto& value) {
    if (!Need(sizeof value)) return;
    rest_.copy(reinterpret_cast<char*>(&value), sizeof value);
    rest_.remove_prefix(sizeof value);
  }
  void operator()(bool& value) { value = Below(2) == 1; }
  template <Enum E>
  void operator()(E& value) {
    value = static_cast<E>(Below(kNames<E>.size()));
  }
  void operator()(std::string& text) {
    const std::size_t size = Count();
    if (!Need(size)) return;
    text.assign(rest_.substr(0, size));
    rest_.remove_prefix(size);
  }
  // Grows as items arrive: a false count costs no memory but for a few.
  template <typename T>
  void operator()(std::vector<T>& list) {
    constexpr std::size_t kFew = 64;
    const std::size_t size = Count();
    list.clear();
    if constexpr (PlainNumber<T>) return ReadNumbers(list, size);
    list.reserve(std::min(size, kFew));
    for (std::size_t i = 0; i < size && !failed_; ++i) (*this)(list.emplace_back());
  }
  template <typename T>
  void operator()(std::optional<T>& value) {
    bool present = false;
    (*this)(present);
    value.reset();
    if (present) (*this)(value.emplace());
  }
  template <Struct S>
  void operator()(S& value) {
    boost::pfr::for_each_field(value, [this](auto& field) { (*this)(field); });
  }
  bool failed() const { return failed_; }
  std::size_t remaining() const { return rest_.size(); }

 private:
  template <PlainNumber T>
  void ReadNumbers(std::vector<T>& list, std::size_t size) {
    if (!Need(size * sizeof(T))) return;
    list.resize(size);
    rest_.copy(reinterpret_cast<char*>(list.data()), size * sizeof(T));
    rest_.remove_prefix(size * sizeof(T));
  }
  bool Need(std::size_t size) {
    failed_ = failed_ || rest_.size() < size;
    return !failed_;
  }
  std::size_t Count() {
    std::uint32_t count = 0;
    (*this)(count);
    return failed_ ? 0 : count;
  }
  int Below(int limit) {
    std::uint8_t value = 0;
    (*this)(value);
    failed_ = failed_ || value >= limit;
    return failed_ ? 0 : value;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace unmask::protocol
