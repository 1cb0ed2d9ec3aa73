# Run as a script: cmake -DOUT=x.cpp -DFOLDER=dir -DNAMES=a;b -DFUNCTIONS=... -P EmbedFiles.cmake
#
# Writes a C++ file that holds the text files NAMES of FOLDER as raw string literals, as the
# initialisers of one array `kFiles` of {name, content}. A generated file instead of #embed, because
# ccache does not see what #embed reads.
# TEMPLATE is the C++ text around it, with @FILES@ where the initialisers go.
set(FILES "")
foreach(NAME IN LISTS NAMES)
  file(READ "${FOLDER}/${NAME}" CONTENT)
  get_filename_component(BASE "${NAME}" NAME)
  string(APPEND FILES "    {\"${BASE}\", R\"EMBEDDED(${CONTENT})EMBEDDED\"},\n")
endforeach()
configure_file("${TEMPLATE}" "${OUT}" @ONLY)
