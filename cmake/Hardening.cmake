# What compiler and linker do against memory errors in our own code; each is looked for in the
# programs by tests/hardening/program.test.mjs. Not here: CFI, which needs LTO and every library
# built with it. Sanitizers bring their own checks.
option(OBOLUS_HARDENED "All protections below, as a release has them" OFF)
if(OBOLUS_HARDENED AND NOT OBOLUS_SANITIZE)
  # Level 3 knows the size of blocks that are allocated at run time, too.
  add_compile_definitions(_FORTIFY_SOURCE=3)
  add_compile_options(
    -fstack-clash-protection       # no jump over the guard page
    -ftrivial-auto-var-init=zero)  # no secrets out of uninitialised variables
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    add_compile_options(-fcf-protection=full)  # IBT landing pads, shadow stacks
  endif()
else()
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
add_compile_definitions(_GLIBCXX_ASSERTIONS)
add_compile_options(-fstack-protector-strong)
# Code that moves, tables that are read-only once resolved, no stack and no data that executes.
if(NOT OBOLUS_SANITIZE)
  add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie>)
endif()
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code)
