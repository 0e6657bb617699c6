// The package as SystemVerilog sees it, for comparison with the generated headers.
module constants_probe (
  input  logic [31:0]  value_i,
  output logic [31:0]  sram_words_o,
  output logic [31:0]  counter_o,
  output logic [31:0]  map_gate_o,
  output logic [37:0]  wavelet_o,
  output logic [31:0]  header_o,
  output logic [31:0]  path_o,
  output logic [63:0]  rule_o,
  output logic [255:0] map_o,
  output logic [255:0] mac_o,
  output logic [31:0]  error_o
);
  assign sram_words_o = tessera_pkg::SramWords;
  assign counter_o = tessera_pkg::RegCounter;
  assign map_gate_o = 32'(tessera_pkg::MapGate);

  // Each field that is set gets the low bits of value_i.
  tessera_pkg::wavelet_t wavelet;
  tessera_pkg::header_t header;
  tessera_pkg::request_path_t path;
  tessera_pkg::receive_rule_t rule;
  tessera_pkg::map_descriptor_t map;
  tessera_pkg::mac_descriptor_t mac;
  tessera_pkg::tile_error_t error;
  always_comb begin
    wavelet = '0;
    wavelet.color = value_i[3:0];
    header = '0;
    header.slot = value_i[4:0];
    path = '0;
    path.direction1 = value_i[1:0];
    rule = '0;
    rule.words = value_i[8:0];
    rule.tag_stride = value_i[11:0];
    map = '0;
    map.reduce = value_i[2:0];
    map.clamp_power = value_i[0];
    map.b_value = value_i;
    map.offset_high = value_i[15:0];
    mac = '0;
    mac.entry = value_i[7:0];
    mac.group_stride = value_i[15:0];
    error = '0;
    error.kind = value_i[2:0];
  end
  assign wavelet_o = wavelet;
  assign header_o = header;
  assign path_o = path;
  assign rule_o = rule;
  assign map_o = map;
  assign mac_o = mac;
  assign error_o = error;
endmodule
