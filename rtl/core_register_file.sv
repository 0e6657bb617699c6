// The core's registers: two reads in the same cycle, one write at the end of it. x0 is zero; the others are a
// memory without reset.

module core_register_file (
  input  logic        clk_i,

  input  logic        read_i,     // the read data is meaningful, and costs something, only with it
  input  logic [4:0]  rs1_i,
  input  logic [4:0]  rs2_i,
  output logic [31:0] rs1_data_o,
  output logic [31:0] rs2_data_o,

  input  logic        write_i,    // never with rd_i = 0
  input  logic [4:0]  rd_i,
  input  logic [31:0] rd_data_i
);

  logic [31:0] registers [32];

  always_comb begin
    rs1_data_o = '0;
    rs2_data_o = '0;
    if (read_i) begin
      if (rs1_i != 5'd0) rs1_data_o = registers[rs1_i];
      if (rs2_i != 5'd0) rs2_data_o = registers[rs2_i];
    end
  end

  always_ff @(posedge clk_i) begin
    if (write_i) registers[rd_i] <= rd_data_i;
  end

endmodule
