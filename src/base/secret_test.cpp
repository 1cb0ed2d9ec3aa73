#include "base/secret.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace obolus::base {
namespace {

static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_assignable_v<SecretBytes>);

bool AllZero(ByteView bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

TEST(SecretBytes, HoldsWhatItWasGiven) {
  const SecretBytes secret(std::string_view("4242424242424242"));
  EXPECT_EQ(secret.text(), "4242424242424242");
  EXPECT_EQ(secret.size(), 16U);
  EXPECT_FALSE(secret.empty());
}

TEST(SecretBytes, OfNothingIsEmpty) {
  EXPECT_TRUE(SecretBytes().empty());
  EXPECT_TRUE(SecretBytes(std::string_view()).empty());
  EXPECT_TRUE(SecretBytes::OfSize(0).empty());
  EXPECT_EQ(SecretBytes().text(), "");
}

TEST(SecretBytes, OfSizeIsZeroEvenWhereASecretWasBefore) {
  for (const std::size_t size : {1, 64, 65, 256, 4096, 5000, 16384, 20000, 100000}) {
    SecretBytes before = SecretBytes::OfSize(size);
    std::fill_n(before.data(), size, std::uint8_t{0xee});
    before.Wipe();
    EXPECT_TRUE(AllZero(SecretBytes::OfSize(size).view())) << size;
  }
}

TEST(SecretBytes, IsZeroOnceWiped) {
  SecretBytes secret(std::string_view("top secret"));
  const std::uint8_t* memory = secret.data();  // stays mapped: it is a slot of the pool
  secret.Wipe();
  EXPECT_TRUE(AllZero({memory, 10}));
  EXPECT_TRUE(secret.empty());
}

TEST(SecretBytes, IsZeroOnceItGoes) {
  const std::uint8_t* memory = nullptr;
  {
    SecretBytes secret(std::string_view("top secret"));
    memory = secret.data();
  }
  EXPECT_TRUE(AllZero({memory, 10}));
}

TEST(SecretBytes, MovesWithoutACopy) {
  SecretBytes from(std::string_view("abc"));
  const std::uint8_t* memory = from.data();
  SecretBytes to = std::move(from);
  EXPECT_EQ(to.data(), memory);
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
  SecretBytes other(std::string_view("xyz"));
  const std::uint8_t* old = other.data();
  other = std::move(to);
  EXPECT_EQ(other.text(), "abc");
  EXPECT_TRUE(AllZero({old, 3}));
}

TEST(SecretBytes, SurvivesBeingMovedToItself) {
  SecretBytes secret(std::string_view("abc"));
  SecretBytes& same = secret;
  secret = std::move(same);
  EXPECT_EQ(secret.text(), "abc");
}

TEST(SecretBytes, CloneIsApart) {
  SecretBytes secret(std::string_view("abc"));
  SecretBytes clone = secret.Clone();
  secret.data()[0] = 'x';
  EXPECT_EQ(clone.text(), "abc");
}

TEST(SecretBytes, TruncateWipesWhatIsCut) {
  SecretBytes secret(std::string_view("abcdef"));
  const std::uint8_t* memory = secret.data();
  secret.Truncate(2);
  EXPECT_EQ(secret.text(), "ab");
  EXPECT_TRUE(AllZero({memory + 2, 4}));
  secret.Truncate(0);
  EXPECT_TRUE(secret.empty());
}

TEST(SecretBytesDeathTest, TruncateNeverGrows) {
  SecretBytes secret(std::string_view("ab"));
  EXPECT_DEATH(secret.Truncate(3), "size <= size_");
}

TEST(SecretBytes, MoreThanThePoolsHoldStillWork) {
  std::vector<SecretBytes> secrets;
  for (int i = 0; i < 3000; ++i) {
    secrets.push_back(SecretBytes::OfSize(40));
    std::fill_n(secrets.back().data(), 40, static_cast<std::uint8_t>(i));
  }
  for (int i = 0; i < 3000; ++i) {
    const ByteView view = secrets[static_cast<std::size_t>(i)].view();
    ASSERT_EQ(std::ranges::count(view, static_cast<std::uint8_t>(i)), 40);
  }
}

// The flags that the kernel shows for the mapping that holds `address`, "rd wr mr mw me ac dd ...".
std::string MappingFlags(const void* address) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream maps("/proc/self/smaps");
  bool is_in = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) {
      is_in = begin <= wanted && wanted < end;
    } else if (is_in && line.starts_with("VmFlags:")) {
      return line + " ";
    }
  }
  return "";
}

TEST(SecretBytes, StaysOutOfCoreDumpsOfTheSwapAndOfChildren) {
  for (const std::size_t size : {16, 200, 4000, 10000, 300000}) {
    SecretBytes secret = SecretBytes::OfSize(size);
    const std::string flags = MappingFlags(secret.data());
    EXPECT_NE(flags.find(" dd "), std::string::npos) << size << ": " << flags;
    EXPECT_NE(flags.find(" wf "), std::string::npos) << size << ": " << flags;
    EXPECT_EQ(flags.find(" lo ") != std::string::npos, SecretMemoryIsLocked()) << size;
  }
}

// What happens in a container whose RLIMIT_MEMLOCK is too low. 0 when all is as it should be.
int UseSecretsThatCannotBeLocked() {
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_MEMLOCK, &none) != 0) return 1;
  constexpr uid_t kNobody = 65534;  // root may lock whatever the limit says
  if (geteuid() == 0 && setuid(kNobody) != 0) return 2;
  SecretBytes secret = SecretBytes::OfSize(100000);
  std::fill_n(secret.data(), secret.size(), std::uint8_t{7});
  if (std::ranges::count(secret.view(), 7) != 100000) return 3;
  return SecretMemoryIsLocked() ? 4 : 0;
}

TEST(SecretBytesDeathTest, WorksAndSaysSoWhereMemoryCannotBeLocked) {
  EXPECT_EXIT(_exit(UseSecretsThatCannotBeLocked()), ::testing::ExitedWithCode(0), "");
}

TEST(SecretBytes, ManyThreadsNeverShareASlot) {
  std::vector<std::jthread> threads;
  for (std::uint8_t mark = 1; mark <= 4; ++mark) {
    threads.emplace_back([mark] {
      for (int round = 0; round < 2000; ++round) {
        SecretBytes secret = SecretBytes::OfSize(static_cast<std::size_t>(1 + round % 300));
        ASSERT_TRUE(AllZero(secret.view()));
        std::fill_n(secret.data(), secret.size(), mark);
        std::this_thread::yield();
        ASSERT_EQ(std::ranges::count(secret.view(), mark),
                  static_cast<std::ptrdiff_t>(secret.size()));
      }
    });
  }
}

TEST(ConstantTimeEqual, ComparesBytesAndLengths) {
  EXPECT_TRUE(ConstantTimeEqual(AsBytes("abc"), AsBytes("abc")));
  EXPECT_TRUE(ConstantTimeEqual({}, {}));
  EXPECT_FALSE(ConstantTimeEqual(AsBytes("abc"), AsBytes("abd")));
  EXPECT_FALSE(ConstantTimeEqual(AsBytes("abc"), AsBytes("ab")));
  EXPECT_FALSE(ConstantTimeEqual(AsBytes("abc"), {}));
}

}  // namespace
}  // namespace obolus::base
