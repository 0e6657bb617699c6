// The core's arithmetic and logic of one cycle; no state. One adder serves sums, differences, comparisons and
// addresses.
//
// operation_i is {funct7[5], funct3} of the RV32I instruction (sub and sra have the upper bit); the code 1001,
// which RV32I leaves free, is the bit length of a_i.

module core_alu (
  input  logic        enable_i,     // the outputs are meaningful only with it
  input  logic [3:0]  operation_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic [31:0] sum_o,        // a + b, of the operations that do not compare or subtract
  output logic        less_o,       // a < b, of slt (signed) and sltu
  output logic [31:0] result_o
);

  logic subtract;

  always_comb begin
    subtract = 1'b0;
    sum_o = '0;
    less_o = 1'b0;
    result_o = '0;
    if (enable_i) begin
      subtract = (operation_i == 4'b1000) | (operation_i[2:1] == 2'b01);
      sum_o = a_i + (b_i ^ {32{subtract}}) + {31'd0, subtract};
      // With equal signs a - b cannot overflow; with different ones its sign is not needed.
      less_o = a_i[31] == b_i[31] ? sum_o[31] : (operation_i[0] ? b_i[31] : a_i[31]);
      unique case (operation_i)
        4'b0001: result_o = a_i << b_i[4:0];
        4'b0010, 4'b0011: result_o = {31'd0, less_o};
        4'b0100: result_o = a_i ^ b_i;
        4'b0101: result_o = a_i >> b_i[4:0];
        4'b1101: result_o = signed'(a_i) >>> b_i[4:0];
        4'b0110: result_o = a_i | b_i;
        4'b0111: result_o = a_i & b_i;
        4'b1001: begin
          for (int unsigned i = 0; i < 32; i++) begin
            if (a_i[i]) result_o = i + 1;
          end
        end
        default: result_o = sum_o;
      endcase
    end
  end

endmodule
