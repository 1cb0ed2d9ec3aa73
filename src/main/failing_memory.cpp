#include "main/failing_memory.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string_view>

namespace obolus::main {
namespace {

std::atomic<bool> armed = false;
std::atomic<std::uint64_t> calls = 0;
std::atomic<std::uint64_t> raised = 0;
MemoryFaults plan;  // written once, before `armed`

bool Fails() {
  if (!armed.load(std::memory_order_acquire)) return false;
  const std::uint64_t call = calls.fetch_add(1, std::memory_order_relaxed) + 1;
  if (call < plan.at) return false;
  if (call != plan.at && (plan.every == 0 || (call - plan.at) % plan.every != 0)) return false;
  raised.fetch_add(1, std::memory_order_relaxed);
  // As base::Log would, which asks for memory.
  constexpr std::string_view kLine = "{\"event\":\"memory_fault\"}\n";
  static_cast<void>(::write(STDERR_FILENO, kLine.data(), kLine.size()));
  return true;
}

void* Allocate(std::size_t size, std::size_t alignment) {
  if (Fails()) return nullptr;
  if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return std::malloc(size == 0 ? 1 : size);
  return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

}  // namespace

void ArmMemoryFaults(const MemoryFaults& faults) {
  if (armed && faults.at != 0) return;
  plan = faults;
  armed.store(faults.at != 0, std::memory_order_release);
}

std::uint64_t MemoryFaultsRaised() {
  return raised;
}

}  // namespace obolus::main

// The other forms of the standard library end in these.
void* operator new(std::size_t size) {
  if (void* memory = obolus::main::Allocate(size, 0)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto wanted = static_cast<std::size_t>(alignment);
  if (void* memory = obolus::main::Allocate(size, wanted)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}
