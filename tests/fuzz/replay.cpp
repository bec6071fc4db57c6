// Stands in for libFuzzer: runs a target on the files of a folder, then on mutations of them, the same ones every time.
//
//   replay_datagram tests/fuzz/corpus/datagram [mutations]
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using bytes = std::vector<std::uint8_t>;

class mutator {
 public:
  explicit mutator(const std::vector<bytes>& corpus) : corpus_(corpus) {}

  bytes next() {
    bytes b = any();
    for (auto n = 1 + below(8); n != 0; --n) mutate(b);
    return b;
  }

 private:
  void mutate(bytes& b) {
    static constexpr std::uint8_t edges[] = {0x00, 0x01, 0x07, 0x7f, 0x80, 0xff};
    const auto at = b.begin() + static_cast<std::ptrdiff_t>(below(b.size() + 1));
    const auto left = static_cast<std::size_t>(b.end() - at);
    switch (below(6)) {
      case 0:
        if (left != 0) *at = static_cast<std::uint8_t>(*at ^ (1u << below(8)));
        break;
      case 1:
        if (left != 0) *at = edges[below(std::size(edges))];
        break;
      case 2: b.insert(at, edges[below(std::size(edges))]); break;
      case 3: b.erase(at, at + static_cast<std::ptrdiff_t>(std::min(left, 1 + below(8)))); break;
      case 4: {  // a part of another file
        const auto& other = any();
        const auto from = below(other.size() + 1);
        const auto n = below(std::min<std::size_t>(64, other.size() - from) + 1);
        b.insert(at, other.begin() + static_cast<std::ptrdiff_t>(from), other.begin() + static_cast<std::ptrdiff_t>(from + n));
        break;
      }
      default: b.resize(b.size() - left);
    }
  }
  const bytes& any() { return corpus_[below(corpus_.size())]; }
  std::size_t below(std::size_t end) { return static_cast<std::size_t>(random_() % end); }

  const std::vector<bytes>& corpus_;
  std::mt19937_64 random_{1};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER [MUTATIONS]\n", argv[0]);
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<bytes> corpus;
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  if (corpus.empty()) {
    std::fprintf(stderr, "%s has no files\n", argv[1]);
    return 2;
  }

  for (const auto& b : corpus) LLVMFuzzerTestOneInput(b.data(), b.size());
  const auto mutations = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 20'000;
  mutator mutate(corpus);
  for (unsigned long i = 0; i < mutations; ++i) {
    const auto b = mutate.next();
    LLVMFuzzerTestOneInput(b.data(), b.size());
  }
  std::printf("%zu files, %lu mutations\n", corpus.size(), mutations);
  return 0;
}
