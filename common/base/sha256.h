// SHA-256 (OpenSSL EVP) as 64 lower-case hex digits.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace unmask {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void Update(std::string_view bytes);
  std::string HexDigest();  // once, at the end

 private:
  evp_md_ctx_st* context_;
};

std::string Sha256Hex(std::string_view bytes);
bool IsSha256Hex(std::string_view text);

}  // namespace unmask
