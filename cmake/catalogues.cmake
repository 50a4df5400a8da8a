# postern_catalogues(TARGET FOLDER): compiles every FOLDER/*.po and embeds it in TARGET,
# as services/xmpp-edge/catalogues.h declares. Adding a language is adding one file.
find_program(MSGFMT msgfmt REQUIRED)

function(postern_catalogues target folder)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.po)
  set(embedded "")
  set(entries "")
  set(compiled "")
  foreach(source ${sources})
    get_filename_component(tag ${source} NAME_WE)
    set(mo ${CMAKE_CURRENT_BINARY_DIR}/${tag}.mo)
    add_custom_command(OUTPUT ${mo} DEPENDS ${source}
      COMMAND ${MSGFMT} --check -o ${mo} ${source} VERBATIM)
    list(APPEND compiled ${mo})
    string(MAKE_C_IDENTIFIER "postern_catalogue_${tag}" symbol)
    string(APPEND embedded
      "asm(\".pushsection .rodata\\n${symbol}:\\n.incbin \\\"${mo}\\\"\\n${symbol}_end:\\n\"\n"
      "    \".byte 0\\n.popsection\\n.global ${symbol}, ${symbol}_end\");\n"
      "extern \"C\" const char ${symbol}[], ${symbol}_end[];\n")
    string(APPEND entries
      "      {\"${tag}\", {${symbol}, static_cast<size_t>(${symbol}_end - ${symbol})}},\n")
  endforeach()
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/catalogues.cc)
  file(CONFIGURE OUTPUT ${generated} @ONLY CONTENT
"// Made by cmake/catalogues.cmake.
#include \"services/xmpp-edge/catalogues.h\"

@embedded@
namespace postern::xmpp_edge {

std::vector<Catalogue> Catalogues() {
  return {
@entries@  };
}

}  // namespace postern::xmpp_edge
")
  set_source_files_properties(${generated} PROPERTIES OBJECT_DEPENDS "${compiled}"
                              SKIP_PRECOMPILE_HEADERS ON)
  target_sources(${target} PRIVATE ${generated})
endfunction()
